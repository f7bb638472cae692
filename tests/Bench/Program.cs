using Sequencer.Bench;

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
    default:
        Console.Error.WriteLine("usage: Bench core|link|append|fanout|restart RECORDS|verify");
        return 2;
}
