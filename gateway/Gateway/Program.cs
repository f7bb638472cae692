using Microsoft.AspNetCore.Connections;
using Sequencer.Gateway;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.Write(SettingTable.Help());
    return 0;
}
if (SettingSources.FindUnknown(Environment.GetEnvironmentVariables().Keys.Cast<string>())
    is { } unknown)
{
    Console.Error.WriteLine($"{unknown} is not a setting; --help lists them.");
    return 1;
}
if (args.Contains(SettingsReader.PrintFlag))
{
    bool isGood = SettingsReader.TryPrint(
        args, Environment.GetEnvironmentVariable, out string effective, out string wrong);
    (isGood ? Console.Out : Console.Error).Write(isGood ? effective : wrong + "\n");
    return isGood ? 0 : 1;
}
if (!SettingsReader.TryRead(
    args, Environment.GetEnvironmentVariable, out GatewaySettings? settings, out string fault))
{
    Console.Error.WriteLine(fault);
    return 1;
}
// Two stages of the writer may wait for the disk at a time, each with a thread: requests shall still have
// one for each processor.
ThreadPool.GetMinThreads(out int threads, out int completionThreads);
ThreadPool.SetMinThreads(threads + 2, completionThreads);
try
{
    await using WebApplication app = GatewayHost.Build(settings);
    await app.StartAsync();
    Console.Out.WriteLine(
        $"Serving {app.Urls.FirstOrDefault()}, data in {settings.DataDirectory}.");
    using SecondSignal impatience = SecondSignal.EndingAtOnce();
    await app.WaitForShutdownAsync();
    var pipeline = app.Services.GetRequiredService<PipelineHost>();
    return pipeline.HasFailed || pipeline.IsCut ? 1 : 0;
}
catch (IOException e) when (e.InnerException is AddressInUseException)
{
    Console.Error.WriteLine(
        $"{settings.Listen} is in use by another program; choose another --listen.");
    return 1;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    // A data directory that is locked, damaged or not ours: the message says which and why.
    Console.Error.WriteLine(e.Message);
    return 1;
}
