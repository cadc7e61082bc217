import * as v from 'valibot';
import { isJson, type Json, type JsonMap } from '../json.ts';

/** A map of anything that JSON can say. */
export const jsonMap: v.GenericSchema<JsonMap> = v.record(v.string(), v.custom<Json>(isJson, 'a value'), 'a map');

/** A list of anything that JSON can say. */
export const jsonList: v.GenericSchema<Json[]> = v.array(v.custom<Json>(isJson, 'a value'), 'a list');
