namespace Sequencer.Client;

/// <summary>Something that a gateway answered, or that it did not.</summary>
public abstract class SequencerException : Exception
{
    private protected SequencerException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
