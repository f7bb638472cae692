namespace Sequencer.Enclave.Image.Eif;

/// <summary>What a section of an image holds. No other type is known or accepted.</summary>
public enum EifSectionType
{
    /// <summary>The Linux kernel.</summary>
    Kernel = 1,

    /// <summary>The kernel's command line: UTF-8 without a terminating NUL.</summary>
    CommandLine = 2,

    /// <summary>A part of the initial file system; the kernel unpacks them in order.</summary>
    Ramdisk = 3,

    /// <summary>Who signed the image: CBOR.</summary>
    Signature = 4,

    /// <summary>JSON about the build. In no measurement.</summary>
    Metadata = 5,
}

/// <summary>The processor that an image is for.</summary>
public enum EifArchitecture
{
    /// <summary>64-bit x86.</summary>
    X64,

    /// <summary>64-bit Arm.</summary>
    Arm64,
}

/// <summary>One section of an image.</summary>
/// <param name="Type">What it holds.</param>
/// <param name="Offset">Where its 12-byte header begins, in bytes from the file's start.</param>
/// <param name="Data">Its content, in place.</param>
public readonly record struct EifSection(
    EifSectionType Type, long Offset, ReadOnlyMemory<byte> Data);
