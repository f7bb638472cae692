namespace Sequencer.Attestation.Nitro;

/// <summary>
/// The root certificate of AWS Nitro Enclaves, G1, of the commercial partition: valid from 2019 to
/// 2049, P-384. AWS publishes it as AWS_NitroEnclaves_Root-G1.zip.
/// </summary>
internal static class AwsNitroEnclavesRootG1
{
    /// <summary>SHA-256 of the DER, for the check that the text below is whole.</summary>
    public const string Sha256Hex =
        "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b";

    /// <summary>The certificate's DER in base64.</summary>
    public const string Base64 =
        "MIICETCCAZagAwIBAgIRAPkxdWgbkK/hHUbMtOTn+FYwCgYIKoZIzj0EAwMwSTELMAkGA1UEBhMCVVMxDzAN" +
        "BgNVBAoMBkFtYXpvbjEMMAoGA1UECwwDQVdTMRswGQYDVQQDDBJhd3Mubml0cm8tZW5jbGF2ZXMwHhcNMTkx" +
        "MDI4MTMyODA1WhcNNDkxMDI4MTQyODA1WjBJMQswCQYDVQQGEwJVUzEPMA0GA1UECgwGQW1hem9uMQwwCgYD" +
        "VQQLDANBV1MxGzAZBgNVBAMMEmF3cy5uaXRyby1lbmNsYXZlczB2MBAGByqGSM49AgEGBSuBBAAiA2IABPwC" +
        "VOumCMHzaHDimtqQvkY4MpJzbolL//Zy2YlES1BR5TSksfbb48C8WBoyt7F2Bw7eEtaaP+ohG2bnUs990d0J" +
        "X28TcPQXCEPZ3BABIeTPYwEoCWZEh8l5YoQwTcU/9KNCMEAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQU" +
        "kCW1DdkFR+eWw5b6cp3PmanfS5YwDgYDVR0PAQH/BAQDAgGGMAoGCCqGSM49BAMDA2kAMGYCMQCjfy+Rocm9" +
        "Xue4YnwWmNJVA44fA0P5W2OpYow9OYCVRaEevL8uO1XYru5xtMPWrfMCMQCi85sWBbJwKKXdS6BptQFuZbT7" +
        "3o/gBh1qUxl/nNr12UO8Yfwr6wPLb+6NIwLz3/Y=";
}
