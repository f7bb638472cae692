using Sequencer.Attestation.Nitro;
using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>Reads the answers to <see cref="NsmRequest"/>'s requests.</summary>
/// <remarks>
/// Every method throws <see cref="NsmException"/>: with the device's error where it refused,
/// without one where the bytes are not the answer to this request.
/// </remarks>
internal static class NsmResponse
{
    /// <summary>Longest answer that the driver gives, in bytes.</summary>
    public const int BytesMax = 0x3000;

    private const int DigestNameBytesMax = 16;

    /// <summary>A COSE_Sign1 document, not empty.</summary>
    public static byte[] Document(ReadOnlySpan<byte> response)
    {
        NsmAnswer answer = NsmAnswer.Open(response, NsmRequest.AttestationName);
        byte[]? document = null;
        while (answer.Next(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("document"u8))
            {
                answer.Keep(ref document, answer.Bytes(1, BytesMax).ToArray());
            }
            else answer.Skip();
        }
        return answer.Required(document);
    }

    /// <summary>
    /// Copies as many random bytes as fit; returns how many, which is at least one.
    /// </summary>
    public static int Random(ReadOnlySpan<byte> response, Span<byte> destination)
    {
        NsmAnswer answer = NsmAnswer.Open(response, NsmRequest.GetRandomName);
        int? copied = null;
        while (answer.Next(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("random"u8))
            {
                ReadOnlySpan<byte> random = answer.Bytes(1, BytesMax);
                int length = Math.Min(random.Length, destination.Length);
                answer.Keep(ref copied, length);
                random[..length].CopyTo(destination);
            }
            else answer.Skip();
        }
        return answer.Required(copied);
    }

    /// <summary>What the device is.</summary>
    public static NsmDescription Description(ReadOnlySpan<byte> response)
    {
        NsmAnswer answer = NsmAnswer.Open(response, NsmRequest.DescribeNsmName);
        ushort? major = null, minor = null, patch = null, pcrCount = null;
        string? moduleId = null, digest = null;
        ushort[]? locked = null;
        while (answer.Next(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("version_major"u8)) answer.Keep(ref major, answer.Number());
            else if (name.SequenceEqual("version_minor"u8)) answer.Keep(ref minor, answer.Number());
            else if (name.SequenceEqual("version_patch"u8)) answer.Keep(ref patch, answer.Number());
            else if (name.SequenceEqual("module_id"u8))
            {
                answer.Keep(ref moduleId, answer.Text(AttestationLimits.ModuleIdLengthMax));
            }
            else if (name.SequenceEqual("max_pcrs"u8)) answer.Keep(ref pcrCount, answer.Number());
            else if (name.SequenceEqual("locked_pcrs"u8))
            {
                answer.Keep(ref locked, answer.Numbers(AttestationLimits.PcrCountMax));
            }
            else if (name.SequenceEqual("digest"u8))
            {
                answer.Keep(ref digest, answer.Text(DigestNameBytesMax));
            }
            else answer.Skip();
        }
        var version = new Version(
            answer.Required(major), answer.Required(minor), answer.Required(patch));
        return new NsmDescription(
            version,
            answer.Required(moduleId),
            answer.Required(pcrCount),
            answer.Required(locked),
            answer.Required(digest));
    }

    /// <summary>A PCR's value and whether it is locked.</summary>
    public static NsmPcr Pcr(ReadOnlySpan<byte> response)
    {
        NsmAnswer answer = NsmAnswer.Open(response, NsmRequest.DescribePcrName);
        bool? isLocked = null;
        byte[]? value = null;
        while (answer.Next(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("lock"u8)) answer.Keep(ref isLocked, answer.Flag());
            else if (name.SequenceEqual("data"u8)) answer.Keep(ref value, PcrValue(ref answer));
            else answer.Skip();
        }
        return new NsmPcr(answer.Required(value), answer.Required(isLocked));
    }

    /// <summary>A PCR's value after an extension.</summary>
    public static byte[] Extended(ReadOnlySpan<byte> response)
    {
        NsmAnswer answer = NsmAnswer.Open(response, NsmRequest.ExtendPcrName);
        byte[]? value = null;
        while (answer.Next(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("data"u8)) answer.Keep(ref value, PcrValue(ref answer));
            else answer.Skip();
        }
        return answer.Required(value);
    }

    /// <summary>The answer to a lock, of one PCR or of many: the request's name.</summary>
    public static void Locked(ReadOnlySpan<byte> response, string request) =>
        NsmAnswer.ReadName(response, request);

    private static byte[] PcrValue(ref NsmAnswer answer) =>
        answer.Bytes(AttestationLimits.PcrBytes, AttestationLimits.PcrBytes).ToArray();
}
