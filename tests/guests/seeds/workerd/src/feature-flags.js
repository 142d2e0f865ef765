//#region 2.22 feature flags
class FeatureFlags {
  constructor(kv) {
    this.kv = kv;
  }
  
  async isEnabled(feature) {
    const value = await this.kv.get(`feature:${feature}`);
    return value === 'true';
  }
  
  async enable(feature) {
    await this.kv.put(`feature:${feature}`, 'true');
  }
  
  async disable(feature) {
    await this.kv.put(`feature:${feature}`, 'false');
  }
}
//#endregion

export { FeatureFlags };
