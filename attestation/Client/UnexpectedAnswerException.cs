namespace Sequencer.Client;

/// <summary>The gateway's answer is not one that docs/HTTP.md knows.</summary>
public sealed class UnexpectedAnswerException : SequencerException
{
    internal UnexpectedAnswerException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
