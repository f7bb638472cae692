using System.Security.Cryptography;

namespace Sequencer.Enclave.Emulator.Nsm;

/// <summary>
/// The device's 32 PCRs. Those that the hypervisor measures, 0 to 15, are locked from the start; a
/// locked one never changes again.
/// </summary>
internal sealed class PcrBank
{
    /// <summary>Number of PCRs.</summary>
    public const int Count = 32;

    /// <summary>Length of a PCR, in bytes.</summary>
    public const int ValueBytes = SHA384.HashSizeInBytes;

    private const int MeasuredCount = 16;

    private readonly byte[][] _values;
    private readonly bool[] _locked;

    /// <summary>A bank with what was measured, by index; all other PCRs are zero.</summary>
    public PcrBank(IReadOnlyDictionary<int, byte[]> measured)
    {
        _values = [.. Enumerable.Range(0, Count).Select(_ => new byte[ValueBytes])];
        _locked = [.. Enumerable.Range(0, Count).Select(index => index < MeasuredCount)];
        foreach ((int index, byte[] value) in measured) value.CopyTo(_values[index], 0);
    }

    /// <summary>A PCR's value, 48 bytes.</summary>
    public byte[] this[int index] => _values[index];

    /// <summary>The locked PCRs by index, ascending: what a document carries.</summary>
    public KeyValuePair<int, byte[]>[] Locked =>
    [
        .. Enumerable.Range(0, Count).Where(index => _locked[index])
            .Select(index => KeyValuePair.Create(index, _values[index])),
    ];

    /// <summary>True once the PCR cannot change.</summary>
    public bool IsLocked(int index) => _locked[index];

    /// <summary>Locks a PCR.</summary>
    public void Lock(int index) => _locked[index] = true;

    /// <summary>SHA-384(old value || data); the PCR is not locked.</summary>
    public void Extend(int index, ReadOnlySpan<byte> data)
    {
        if (_locked[index]) throw new InvalidOperationException($"PCR{index} is locked.");
        _values[index] = SHA384.HashData([.. _values[index], .. data]);
    }
}
