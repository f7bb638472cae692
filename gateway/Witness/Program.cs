using Microsoft.AspNetCore.Connections;
using Sequencer.Witness;
using Sequencer.Witness.Settings;
using Sequencer.Witness.State;

if (args.Length == 0 || args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.Write(WitnessArguments.Help);
    return args.Length == 0 ? 1 : 0;
}
if (!WitnessArguments.TryRead(args, out WitnessSettings? settings, out string fault))
{
    Console.Error.WriteLine(fault);
    return 1;
}
try
{
    using StateDirectory directory = StateDirectory.Open(settings.StateDirectory);
    using Witness witness = Witness.Open(
        settings, directory, TimeProvider.System, Console.Error.WriteLine);
    if (settings.Policies.IsEmpty)
    {
        Console.Out.WriteLine(witness.Key.Verifier);
        return 0;
    }
    await using WebApplication app = WitnessHost.Build(witness, settings.Listen);
    await app.StartAsync();
    Console.Out.WriteLine(witness.Key.Verifier);
    Console.Out.WriteLine($"Serving {app.Urls.First()}, state in {settings.StateDirectory}.");
    await app.WaitForShutdownAsync();
    if (witness.Fault is null) return 0;
    Console.Error.WriteLine(witness.Fault.Message);
    return 1;
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    Console.Error.WriteLine($"{settings.Listen} is in use; choose another --listen.");
    return 1;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException
    or WitnessStateException or ArgumentException)
{
    // A directory that is another's, damaged states, a name that no key can have.
    Console.Error.WriteLine(e.Message);
    return 1;
}
