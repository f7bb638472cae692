// The root certificate of AWS Nitro Enclaves, G1: P-384, valid from 2019 to 2049. AWS publishes it
// as AWS_NitroEnclaves_Root-G1.zip. The digest is in docs/VERIFYING.md; the bytes must have it.

import { fromBase64, toHex } from './bytes.js';
import { sha256 } from './crypto.js';

export const AWS_ROOT_NAME = 'aws-nitro-enclaves-g1';
export const AWS_ROOT_SHA256 =
    '641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b';

const AWS_ROOT =
    'MIICETCCAZagAwIBAgIRAPkxdWgbkK/hHUbMtOTn+FYwCgYIKoZIzj0EAwMwSTELMAkGA1UEBhMCVVMxDzANBgNV'
    + 'BAoMBkFtYXpvbjEMMAoGA1UECwwDQVdTMRswGQYDVQQDDBJhd3Mubml0cm8tZW5jbGF2ZXMwHhcNMTkxMDI4MTMy'
    + 'ODA1WhcNNDkxMDI4MTQyODA1WjBJMQswCQYDVQQGEwJVUzEPMA0GA1UECgwGQW1hem9uMQwwCgYDVQQLDANBV1Mx'
    + 'GzAZBgNVBAMMEmF3cy5uaXRyby1lbmNsYXZlczB2MBAGByqGSM49AgEGBSuBBAAiA2IABPwCVOumCMHzaHDimtqQ'
    + 'vkY4MpJzbolL//Zy2YlES1BR5TSksfbb48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0JX28TcPQXCEPZ3BABIeTP'
    + 'YwEoCWZEh8l5YoQwTcU/9KNCMEAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUkCW1DdkFR+eWw5b6cp3PmanfS'
    + '5YwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYCMQCjfy+Rocm9Xue4YnwWmNJVA44fA0P5W2OpYow9OY'
    + 'CVRaEevL8uO1XYru5xtMPWrfMCMQCi85sWBbJwKKXdS6BptQFuZbT73o/gBh1qUxl/nNr12UO8Yfwr6wPLb+6NIwLz'
    + '3/Y=';

export async function awsRoot() {
    const der = fromBase64(AWS_ROOT);
    if (toHex(await sha256(der)) !== AWS_ROOT_SHA256) throw new Error('The AWS root is damaged.');
    return { name: AWS_ROOT_NAME, der, isDevelopment: false };
}
