using System.Text.Json;

namespace Sequencer.Client;

/// <summary>The gateway refused a request, with a problem.</summary>
public sealed class ProblemException : SequencerException
{
    internal ProblemException(GatewayProblem problem)
        : base($"{(problem.Name.Length > 0 ? problem.Name : "HTTP")} ({problem.Status}): "
            + problem.Detail)
    {
        Problem = problem;
    }

    /// <summary>The problem.</summary>
    public GatewayProblem Problem { get; }

    /// <summary>The stable name, without the URN's prefix.</summary>
    public string Name => Problem.Name;

    /// <summary>HTTP status.</summary>
    public int Status => Problem.Status;

    /// <summary>What happened, for people.</summary>
    public string Detail => Problem.Detail;

    /// <summary>The members beside type, title, status and detail.</summary>
    public IReadOnlyDictionary<string, JsonElement> Members => Problem.Members;
}
