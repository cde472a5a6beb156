import { z } from 'zod';

/** The URL that Exotel is to connect to. */
export const streamUrlAnswer = z.object({ url: z.string() });
