using Sequencer.Bench;

switch (args)
{
    case ["core"]:
        CoreBench.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: Bench core");
        return 2;
}
