import { z } from 'zod';

/** What Exotel is told to connect to. */
export const streamUrlAnswer = z.object({ url: z.string() });
