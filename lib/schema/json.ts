import * as v from 'valibot';
import { isJson, type Json, type JsonMap } from '../json.ts';

/** A map of anything that JSON can say. */
export const jsonMap: v.GenericSchema<JsonMap> = v.record(v.string(), v.custom<Json>(isJson, 'a value'), 'a map');
