using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;
using Sequencer.Bench.Readme;
using Sequencer.Bench.Suite;

switch (args)
{
    case ["suite", .. var more] when SuitePlan.TryParse(more) is { } plan:
        return await SuiteVerb.RunAsync(plan);
    case ["load", .. var more] when LoadPlan.TryParse(more) is { } plan:
        return await LoadVerb.RunAsync(plan);
    case ["peers", .. var more] when PeersPlan.TryParse(more) is { } plan:
        return await PeersVerb.RunAsync(plan);
    case ["ceiling", var url]:
        await Ceiling.RunAsync(url);
        return 0;
    case ["readme", var folder]:
        return ReadmeVerb.Run(folder);
    default:
        Console.Error.WriteLine(
            $"""
            usage: Bench {SuitePlan.Usage}
                   Bench {PeersPlan.Usage}
                   Bench {LoadPlan.Usage}
                   Bench ceiling URL
                   Bench readme DIR
            """);
        return 2;
}
