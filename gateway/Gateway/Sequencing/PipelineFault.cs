using Sequencer.Gateway.Link;
using Sequencer.Gateway.Witnessing;

namespace Sequencer.Gateway.Sequencing;

/// <summary>What a fault of the pipeline means for callers, and what an operator does about it.
/// </summary>
internal static class PipelineFault
{
    private const string OtherEnclave =
        "Start the enclave image, and on the hardware or development root, that the log was made "
        + "with, or an image that names that one as accepted predecessor.";

    private const string OtherPair =
        "Start the enclave that belongs to this data directory, or give --data another.";

    /// <summary>What an operator does after a seal.</summary>
    public const string NextEnclave = "Start the next enclave.";

    private const string NoIdentity =
        "Start the enclave without debug mode, and before an NSM that signs its documents.";

    private const string OtherHistory =
        "Stop the other enclave of this log, or restore the newest copy of its directory "
        + "(docs/OPERATING.md, \"A witness knows another history\").";

    private const string KeyService =
        "See to the KMS key's policy, the AWS credentials and kms-pipe (docs/OPERATING.md, "
        + "\"A stable identity\").";

    private const string SmallerLog =
        "Begin the log with settings that the image allows, or use an image that allows these.";

    /// <summary>Judges an exception that the pipeline expects.</summary>
    public static (AppendFailure Failure, string Remedy) Of(Exception e) => e switch
    {
        OperationCanceledException => (AppendFailure.ShuttingDown, ""),
        IOException or UnauthorizedAccessException => (AppendFailure.StoreFailed, ""),
        LogContradictionException => (AppendFailure.EnclaveMismatch, OtherPair),
        WitnessConflictException => (AppendFailure.WitnessConflict, OtherHistory),
        EnclaveRefusedException refused => Of(refused.Code),
        _ => (AppendFailure.EnclaveUnavailable, ""),
    };

    // What time or another attempt may mend is no mismatch.
    private static (AppendFailure Failure, string Remedy) Of(EnclaveErrorCode code) => code switch
    {
        EnclaveErrorCode.Stopped => (AppendFailure.EnclaveStopped, "Restart the enclave."),
        EnclaveErrorCode.Sealed => (AppendFailure.EpochSealed, NextEnclave),
        EnclaveErrorCode.ReplayRefused => (AppendFailure.EnclaveMismatch, OtherEnclave),
        EnclaveErrorCode.BadConfiguration => (AppendFailure.EnclaveMismatch, SmallerLog),
        EnclaveErrorCode.AttestationFailed => (AppendFailure.EnclaveMismatch, NoIdentity),
        EnclaveErrorCode.NoIdentity => (AppendFailure.EnclaveUnavailable, KeyService),
        _ => (AppendFailure.EnclaveUnavailable, ""),
    };
}
