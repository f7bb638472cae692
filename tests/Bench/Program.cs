using Sequencer.Bench;
using Sequencer.Bench.Load;
using Sequencer.Bench.Peers;

switch (args)
{
    case ["core"]:
        CoreBench.Run();
        return 0;
    case ["link"]:
        LinkBench.Run();
        return 0;
    case ["append"]:
        await AppendBench.RunAsync();
        return 0;
    case ["fanout"]:
        await FanoutBench.RunAsync();
        return 0;
    case ["restart", var records] when int.TryParse(records, out int count) && count > 0:
        await RestartBench.RunAsync(count);
        return 0;
    case ["verify"]:
        VerifyBench.Run();
        return 0;
    case ["load", .. var more] when LoadPlan.TryParse(more) is { } plan:
        return await LoadVerb.RunAsync(plan);
    case ["peers", .. var more] when PeersPlan.TryParse(more) is { } plan:
        return await PeersVerb.RunAsync(plan);
    case ["ceiling", var url]:
        await Ceiling.RunAsync(url);
        return 0;
    default:
        Console.Error.WriteLine(
            $"""
            usage: Bench core|link|append|fanout|restart RECORDS|verify
                   Bench {PeersPlan.Usage}
                   Bench {LoadPlan.Usage}
                   Bench ceiling URL
            """);
        return 2;
}
