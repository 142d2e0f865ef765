export { Namespace, Writer, bindings } from 'larder:kv/store@0.1.0';
