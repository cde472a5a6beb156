/** Node advises against it for bodies of any size; a body here is bounded and in memory already. */
interface WithForm {
  formData(): Promise<FormData>;
}

/** The text fields of a `multipart/form-data` body, without its files; `undefined` when the body is malformed. */
export async function readMultipart(
  contentType: string,
  body: Buffer,
): Promise<[name: string, value: string][] | undefined> {
  try {
    const response: WithForm = new Response(body, { headers: { 'content-type': contentType } });
    const fields = [...(await response.formData())];
    return fields.filter((field): field is [string, string] => typeof field[1] === 'string');
  } catch {
    return undefined;
  }
}
