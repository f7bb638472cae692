using Microsoft.AspNetCore.Connections;
using Sequencer.Gateway;
using Sequencer.Gateway.Sequencing;
using Sequencer.Gateway.Settings;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.Out.Write(SettingTable.Help());
    return 0;
}
if (!SettingsReader.TryRead(
    args, Environment.GetEnvironmentVariable, out GatewaySettings? settings, out string fault))
{
    Console.Error.WriteLine(fault);
    return 1;
}
try
{
    await using WebApplication app = GatewayHost.Build(settings);
    await app.StartAsync();
    Console.Out.WriteLine(
        $"Serving {app.Urls.FirstOrDefault()}, data in {settings.DataDirectory}.");
    await app.WaitForShutdownAsync();
    return app.Services.GetRequiredService<PipelineHost>().HasFailed ? 1 : 0;
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
