using System.Net;
using Sequencer.Attestation.Receipts;
using Sequencer.Witness.Http;

namespace Sequencer.Witness;

/// <summary>Serves a witness over HTTP.</summary>
internal static class WitnessHost
{
    private const int ConnectionsMax = 1024;

    /// <summary>A host for the witness, not yet started.</summary>
    public static WebApplication Build(Witness witness, IPEndPoint listen)
    {
        // Empty: neither files nor variables of the framework's own say anything here.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(
            new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Each endpoint has its own limit and a sentence for it; this bounds what they see.
            kestrel.Limits.MaxRequestBodySize = 2 * SignedHead.MaxBytes;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Listen(listen);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(witness);
        builder.Services.AddSingleton<WitnessEndpoints>();
        WebApplication app = builder.Build();
        app.Services.GetRequiredService<WitnessEndpoints>().Map(app);
        return app;
    }
}
