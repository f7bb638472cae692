using Sequencer.Gateway.Store;

namespace Sequencer.Gateway.Live;

/// <summary>Which records a live reader is given, in the order of their numbers.</summary>
/// <remarks>For any number of threads.</remarks>
internal abstract class LiveSelection
{
    /// <summary>Every record of the log.</summary>
    public static LiveSelection All { get; } = new WholeLog();

    /// <summary>True if nothing is left out, so that a checkpoint covers what was given.</summary>
    public virtual bool IsWholeLog => false;

    /// <summary>
    /// The next numbers of the selection in a view, from <paramref name="from"/> on.
    /// </summary>
    /// <param name="view">The log.</param>
    /// <param name="from">Where to look from; may be beyond the view.</param>
    /// <param name="numbers">Filled with what is found.</param>
    /// <param name="next">Where to look on: everything before it was looked at.</param>
    /// <returns>How many were found.</returns>
    public abstract int Read(LogView view, ulong from, Span<ulong> numbers, out ulong next);

    /// <summary>False if the view certainly has nothing from there on. Touches no disk: it is asked
    /// for every waiting reader whenever the log grows.</summary>
    public abstract bool MayHave(LogView view, ulong from);

    private sealed class WholeLog : LiveSelection
    {
        public override bool IsWholeLog => true;

        public override int Read(LogView view, ulong from, Span<ulong> numbers, out ulong next)
        {
            ulong left = view.Size > from ? view.Size - from : 0;
            int count = (int)Math.Min((ulong)numbers.Length, left);
            for (int i = 0; i < count; i++) numbers[i] = from + (ulong)i;
            next = from + (ulong)count;
            return count;
        }

        public override bool MayHave(LogView view, ulong from) => view.Size > from;
    }
}
