namespace Sequencer.Bench.Peers;

/// <summary>
/// Bodies of the gateway's answers to one entry, in bytes: what the empty endpoint answers with.
/// They are learnt from the gateway, and stay as here where it did not run.
/// </summary>
internal sealed class AnswerSizes
{
    public int WithoutReceipt { get; set; } = 250;

    public int WithReceipt { get; set; } = 12_000;
}
