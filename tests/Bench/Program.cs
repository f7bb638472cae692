using Sequencer.Bench;

switch (args)
{
    case ["core"]:
        CoreBench.Run();
        return 0;
    case ["link"]:
        LinkBench.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Bench core|link");
        return 2;
}
