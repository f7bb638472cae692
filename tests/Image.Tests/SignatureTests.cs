using System.Security.Cryptography;
using Sequencer.Attestation.Tests;
using Sequencer.Enclave.Image.Eif;
using Sequencer.Enclave.Image.Measuring;
using Sequencer.Enclave.Image.Signing;

namespace Sequencer.Image.Tests;

public class SignatureTests
{
    private static readonly byte[] Pcr0 = [.. Enumerable.Range(1, 48).Select(i => (byte)i)];

    private readonly TestSigner _test = new();

    [Fact]
    public void What_is_signed_verifies_and_names_the_signer()
    {
        using ImageSigner signer = _test.Open();

        Assert.Null(SignatureSection.Verify(signer.Sign(Pcr0), Pcr0, out var certificate));

        Assert.Equal("CN=image signer", certificate!.Subject);
        Assert.Equal(_test.Der, certificate.Der.ToArray());
        Assert.Equal(2026, certificate.NotBefore.Year);
        Assert.Equal(2027, certificate.NotAfter.Year);
    }

    [Fact]
    public void The_section_is_the_documented_cbor()
    {
        using ImageSigner signer = _test.Open();
        byte[] section = signer.Sign(Pcr0);
        // [{"signing_certificate": [...
        Assert.Equal("81a2737369676e696e675f6365727469666963617465",
            Convert.ToHexStringLower(section.AsSpan(0, 22)));
        // ... {"register_index": 0, "register_value": [48 ...
        string payload = "a26e72656769737465725f696e646578006e72656769737465725f76616c75659830"
            + "01020304";
        Assert.StartsWith(
            payload, Convert.ToHexStringLower(Unpack(section)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_signature_of_another_image_is_refused()
    {
        using ImageSigner signer = _test.Open();
        byte[] other = [.. Pcr0];
        other[0] ^= 1;
        Assert.Equal(
            SignatureFault.Pcr0, SignatureSection.Verify(signer.Sign(other), Pcr0, out _));
    }

    [Fact]
    public void A_certificate_put_in_the_place_of_the_signers_is_refused()
    {
        using ImageSigner signer = _test.Open();
        using ImageSigner other = new TestSigner().Open();
        byte[] own = signer.Sign(Pcr0);
        byte[] mixed = SignatureSection.Encode(
            other.Certificate.Pem.Span, SignatureSection.Payload(Pcr0), Unpack(own).AsSpan()[^96..]);
        Assert.Equal(SignatureFault.Signature, SignatureSection.Verify(mixed, Pcr0, out _));
    }

    [Fact]
    public void A_flipped_bit_is_refused_or_changes_the_certificate_that_PCR8_measures()
    {
        using ImageSigner signer = _test.Open();
        byte[] section = signer.Sign(Pcr0);
        foreach (byte[] flipped in Seeded.OneBitFlips(section))
        {
            if (SignatureSection.Verify(flipped, Pcr0, out SigningCertificate? found) is not null)
            {
                continue;
            }
            // White space around the base64, and parts of the certificate that only its own
            // issuer's signature covers, are as free as the whole certificate is.
            bool isSame = found!.Der.Span.SequenceEqual(_test.Der);
            bool isOtherPem = !found.Pem.Span.SequenceEqual(_test.CertificatePem);
            Assert.True(!isSame || isOtherPem);
        }
        for (int length = 0; length < section.Length; length++)
        {
            Assert.NotNull(SignatureSection.Verify(section.AsSpan(0, length), Pcr0, out _));
        }
    }

    [Fact]
    public void PCR8_is_the_certificate_in_DER()
    {
        byte[] expected = SHA384.HashData([.. new byte[48], .. SHA384.HashData(_test.Der)]);
        Assert.Equal(expected, PcrRegister.OfSigningCertificate(_test.Der));
    }

    [Fact]
    public void Keys_that_do_not_fit_and_other_curves_are_refused()
    {
        var other = new TestSigner();
        var small = new TestSigner(ECCurve.NamedCurves.nistP256);
        Refused(_test.CertificatePem, other.KeyPem, "not the certificate's");
        Refused(small.CertificatePem, small.KeyPem, "P-384");
        Refused(_test.CertificatePem, "no key", "private key");
        Refused([], _test.KeyPem, "certificate");
        Refused([.. _test.CertificatePem, .. other.CertificatePem], _test.KeyPem, "certificate");
        Refused(TestImage.Utf8(_test.KeyPem), _test.KeyPem, "certificate");
    }

    [Fact]
    public void A_signature_changes_no_measurement()
    {
        using ImageSigner signer = _test.Open();
        ImagePcrs before = TestImage.Read(TestImage.Bytes).Measure();
        EifImage image = TestImage.Read(EifWriter.Write(
            TestImage.Content with { Signature = signer.Sign(before.Pcr0.Span) }));

        Assert.Equal(TestImage.Hex(before.Pcr0), TestImage.Hex(image.Measure().Pcr0));
        Assert.Null(SignatureSection.Verify(
            image.Signature!.Value.Span, image.Measure().Pcr0.Span, out _));
    }

    private static void Refused(byte[] certificate, string key, string reason)
    {
        Assert.False(ImageSigner.TryOpen(certificate, key, out _, out string? fault));
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    /// <summary>The COSE_Sign1's payload and what follows it, out of the array of integers.</summary>
    private static byte[] Unpack(byte[] section)
    {
        int at = section.AsSpan().IndexOf("signature"u8) + "signature"u8.Length;
        Assert.Equal(0x98, section[at]);
        var cose = new List<byte>();
        for (at += 2; at < section.Length; at++)
        {
            cose.Add(section[at] == 0x18 ? section[++at] : section[at]);
        }
        int payload = cose.ToArray().AsSpan().IndexOf((byte)0xa2);
        return [.. cose[payload..]];
    }
}
