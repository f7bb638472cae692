using System.Globalization;
using System.Text;

namespace Sequencer.Gateway.Tests.Model;

/// <summary>Takes a sequencer and the model through the same steps, and compares all answers.
/// </summary>
internal sealed class ModelRun(ISubject subject, LogModel model, RandomScript script)
{
    // Steps with their answers, put into words only for who has to read them.
    private readonly List<(Step Step, string[] Answers)> _taken = [];
    private LogModel _model = model;

    /// <summary>How many answers were compared.</summary>
    public int Answers { get; private set; }

    /// <summary>Words that the answers began with, such as 412, and what they ended with.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    /// <summary>
    /// Makes so many steps. Null if the two agree; otherwise all steps since the log began, with
    /// what was expected of the last and what came.
    /// </summary>
    public async Task<string?> RunAsync(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step step = script.Next(_model);
            string? fault;
            try
            {
                fault = await TakeAsync(step);
            }
            catch (Exception e)
            {
                fault = $"{step}\n{e}";
            }
            if (fault is not null) return Tell(fault);
        }
        return null;
    }

    private async Task<string?> TakeAsync(Step step)
    {
        switch (step)
        {
            case Send send:
                return Explain(send, await subject.SendAsync(send.Posts));
            case SendAndLose lose:
                LogModel lost = _model.Copy();
                string[] left = [.. lose.Posts.Select(lost.Lose)];
                _model.Restart();
                return Compare(lose, left, await subject.SendAndLoseAsync(lose.Posts));
            case RestartGateway:
                await subject.RestartGatewayAsync();
                _taken.Add((step, []));
                return null;
            case RestartEnclave:
                await subject.RestartEnclaveAsync();
                _model.Restart();
                _taken.Add((step, []));
                return null;
            default:
                string expected = _model.Read(step);
                return Compare(
                    step, [expected], [await subject.ReadAsync(step, _model.Log.Count)]);
        }
    }

    // Some order of the requests must explain all answers.
    private string? Explain(Send send, string[] answers)
    {
        string[]? asSent = null;
        foreach (int[] order in Orders(send.Posts.Length))
        {
            LogModel tried = subject.KeepsOrder ? _model : _model.Copy();
            var expected = new string[order.Length];
            foreach (int at in order) expected[at] = tried.Apply(send.Posts[at]);
            if (expected.SequenceEqual(answers))
            {
                _model = tried;
                return Compare(send, expected, answers);
            }
            asSent ??= expected;
            if (subject.KeepsOrder) break;
        }
        return Compare(send, asSent!, answers);
    }

    private string? Compare(Step step, string[] expected, string[] answers)
    {
        foreach (string answer in answers) Count(answer);
        _taken.Add((step, answers));
        return expected.SequenceEqual(answers)
            ? null
            : $"but expected:\n    {string.Join("\n    ", expected)}";
    }

    private string Tell(string fault)
    {
        var told = new StringBuilder();
        foreach ((Step step, string[] answers) in _taken)
        {
            told.Append(CultureInfo.InvariantCulture, $"{step}\n");
            foreach (string answer in answers)
            {
                told.Append(CultureInfo.InvariantCulture, $"    {answer}\n");
            }
        }
        return told.Append(fault).ToString();
    }

    private void Count(string answer)
    {
        Answers++;
        foreach (string word in (string[])[answer.Split(' ')[0], answer.Split(' ')[^1]])
        {
            Seen[word] = Seen.GetValueOrDefault(word) + 1;
        }
    }

    // The order as it is first.
    private static IEnumerable<int[]> Orders(int count) =>
        Permutations([.. Enumerable.Range(0, count)]);

    private static IEnumerable<int[]> Permutations(int[] rest)
    {
        if (rest.Length <= 1)
        {
            yield return rest;
            yield break;
        }
        foreach (int first in rest)
        {
            foreach (int[] tail in Permutations([.. rest.Where(i => i != first)]))
            {
                yield return [first, .. tail];
            }
        }
    }
}
