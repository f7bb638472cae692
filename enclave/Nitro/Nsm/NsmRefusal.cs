using Sequencer.Enclave.Host;

namespace Sequencer.Enclave.Nitro.Nsm;

/// <summary>The device's error names, and what each asks of an operator.</summary>
internal static class NsmRefusal
{
    /// <summary>False for a name that no device is known to send.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out NsmError error)
    {
        // By hand: Enum.TryParse would take numbers and lists of names too.
        foreach (NsmError known in Enum.GetValues<NsmError>())
        {
            if (!System.Text.Encoding.UTF8.GetBytes(known.ToString()).AsSpan().SequenceEqual(name))
            {
                continue;
            }
            error = known;
            return true;
        }
        error = default;
        return false;
    }

    /// <summary>One clause: the name, and what to do.</summary>
    public static string Advice(NsmError error) => error switch
    {
        NsmError.Success => "Success as an error; the device is at fault, start the enclave anew",
        NsmError.InvalidArgument => "InvalidArgument; the image does not suit this device",
        NsmError.InvalidIndex => "InvalidIndex; the device has no such PCR",
        NsmError.InvalidResponse => "InvalidResponse; start the enclave anew",
        NsmError.ReadOnlyIndex => "ReadOnlyIndex; the PCR is locked and keeps its value",
        NsmError.InvalidOperation => "InvalidOperation; the device does not offer this",
        NsmError.BufferTooSmall => "BufferTooSmall; the image does not suit this device",
        NsmError.InputTooLarge => "InputTooLarge; a field is longer than the device takes",
        NsmError.InternalError => "InternalError; start the enclave anew, then the host",
        _ => throw new InvalidOperationException($"{error} is no error of a device."),
    };
}
