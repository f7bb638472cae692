namespace Sequencer.Bench.Suite;

/// <summary>A part of the suite: figures that are measured in one way.</summary>
internal interface IPart
{
    /// <summary>Its name in arguments and files.</summary>
    string Id { get; }

    /// <summary>Its name for people.</summary>
    string Title { get; }

    /// <summary>How it is measured, in a sentence.</summary>
    string Method { get; }

    /// <summary>Measures everything that many times.</summary>
    /// <param name="runs">At least 1.</param>
    /// <param name="progress">Told what is being done.</param>
    /// <param name="cancellationToken">Ends it early; what it started has ended then.</param>
    Task<IReadOnlyList<Figure>> MeasureAsync(
        int runs, Action<string> progress, CancellationToken cancellationToken);
}
