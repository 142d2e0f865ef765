export class OpenWorkersKV {}
