using System.Security.Cryptography;
using Sequencer.Enclave.Host;
using Sequencer.Enclave.Simulated;

namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>
/// The Nitro Security Module as a guest sees it: bytes of a request in, bytes of an answer out.
/// What it signs is worth nothing but to a policy that names its development root.
/// </summary>
/// <remarks>Called by one thread at a time.</remarks>
internal sealed class NsmDevice(PcrBank pcrs, DevelopmentModule module)
{
    /// <summary>Longest request, in bytes.</summary>
    public const int RequestBytesMax = 0x1000;

    /// <summary>Longest answer, in bytes.</summary>
    public const int AnswerBytesMax = 0x3000;

    private const int RandomBytes = 256;

    /// <summary>Answers a request, whatever it is.</summary>
    public byte[] Answer(ReadOnlySpan<byte> request)
    {
        if (request.Length > RequestBytesMax) return Error(NsmError.InputTooLarge);
        if (!NsmRequest.TryParse(request, out NsmRequest? known))
        {
            return Error(NsmError.InvalidOperation);
        }
        byte[] answer = known switch
        {
            NsmRequest.DescribeNsm => DescribeNsm(),
            NsmRequest.GetRandom => GetRandom(),
            NsmRequest.DescribePcr describe => DescribePcr(describe.Index),
            NsmRequest.ExtendPcr extend => ExtendPcr(extend.Index, extend.Data),
            NsmRequest.LockPcr one => LockPcr(one.Index),
            NsmRequest.LockPcrs many => LockPcrs(many.Range),
            NsmRequest.Attestation attestation => Attest(attestation),
            _ => Error(NsmError.InvalidOperation),
        };
        return answer.Length <= AnswerBytesMax ? answer : Error(NsmError.InputTooLarge);
    }

    private byte[] DescribeNsm()
    {
        KeyValuePair<int, byte[]>[] locked = pcrs.Locked;
        CborBytes cbor = new CborBytes().StartMap(1).Text("DescribeNSM").StartMap(7)
            .Text("version_major").Number(1)
            .Text("version_minor").Number(0)
            .Text("version_patch").Number(0)
            .Text("module_id").Text(module.Id)
            .Text("max_pcrs").Number(PcrBank.Count)
            .Text("locked_pcrs").StartArray(locked.Length);
        foreach ((int index, _) in locked) cbor.Number((ulong)index);
        return cbor.Text("digest").Text("SHA384").ToArray();
    }

    private static byte[] GetRandom() => new CborBytes()
        .StartMap(1).Text("GetRandom")
        .StartMap(1).Text("random").Bytes(RandomNumberGenerator.GetBytes(RandomBytes))
        .ToArray();

    private byte[] DescribePcr(int index) => index >= PcrBank.Count
        ? Error(NsmError.InvalidIndex)
        : new CborBytes()
            .StartMap(1).Text("DescribePCR")
            .StartMap(2).Text("lock").Boolean(pcrs.IsLocked(index)).Text("data").Bytes(pcrs[index])
            .ToArray();

    private byte[] ExtendPcr(int index, byte[] data)
    {
        if (index >= PcrBank.Count) return Error(NsmError.InvalidIndex);
        if (pcrs.IsLocked(index)) return Error(NsmError.ReadOnlyIndex);
        pcrs.Extend(index, data);
        return new CborBytes()
            .StartMap(1).Text("ExtendPCR")
            .StartMap(1).Text("data").Bytes(pcrs[index])
            .ToArray();
    }

    private byte[] LockPcr(int index)
    {
        if (index >= PcrBank.Count) return Error(NsmError.InvalidIndex);
        if (pcrs.IsLocked(index)) return Error(NsmError.ReadOnlyIndex);
        pcrs.Lock(index);
        return new CborBytes().Text("LockPCR").ToArray();
    }

    // Unlike LockPCR it takes what is locked already: its usual call begins at the measured ones.
    private byte[] LockPcrs(int range)
    {
        if (range > PcrBank.Count) return Error(NsmError.InvalidIndex);
        for (int index = 0; index < range; index++) pcrs.Lock(index);
        return new CborBytes().Text("LockPCRs").ToArray();
    }

    private byte[] Attest(NsmRequest.Attestation request) => new CborBytes()
        .StartMap(1).Text("Attestation")
        .StartMap(1).Text("document").Bytes(module.Attest(pcrs.Locked, request.Options))
        .ToArray();

    private static byte[] Error(NsmError error) =>
        new CborBytes().StartMap(1).Text("Error").Text($"{error}").ToArray();
}
