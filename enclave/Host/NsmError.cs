namespace Sequencer.Enclave.Host;

/// <summary>
/// How an NSM refuses a request: the names of its <c>Error</c> answers, and all of them.
/// </summary>
public enum NsmError
{
    /// <summary>"Success" as an error, which no device should send.</summary>
    Success,

    /// <summary>An argument is not one that the request takes.</summary>
    InvalidArgument,

    /// <summary>There is no PCR of this index.</summary>
    InvalidIndex,

    /// <summary>The device's answer does not belong to the request.</summary>
    InvalidResponse,

    /// <summary>The PCR is locked.</summary>
    ReadOnlyIndex,

    /// <summary>The device does not offer this request.</summary>
    InvalidOperation,

    /// <summary>The answer does not fit the buffer.</summary>
    BufferTooSmall,

    /// <summary>The request, or one of its fields, is too long.</summary>
    InputTooLarge,

    /// <summary>The device failed.</summary>
    InternalError,
}
