export {
  APPEND_CONTRACT,
  checkContract,
  type ContractCase,
  type ContractLog,
  type OpenContractLog,
} from './append-contract.ts';
export { FaultyLog, type Fault, type FaultyLogEntry } from './faulty-log.ts';
