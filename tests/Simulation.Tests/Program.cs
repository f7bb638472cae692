using Sequencer.Simulation.Tests;

if (!Arguments.TryParse(args, out Arguments? arguments))
{
    Console.Error.WriteLine("usage: simulate [--first N] [--seeds N | --seed N] [--mutation NAME]");
    return 2;
}
return arguments.Run();
