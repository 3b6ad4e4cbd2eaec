export { inNetworkNamespace, WITHOUT_NETWORK } from './network-namespace';
