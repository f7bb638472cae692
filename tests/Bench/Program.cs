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
    case ["verify"]:
        VerifyBench.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Bench core|link|append|verify");
        return 2;
}
