using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sequencer.Gateway.Access;
using Sequencer.Gateway.Settings;
using Sequencer.Keys;

namespace Sequencer.Gateway.Tests.Access;

/// <summary>Secrets, tokens and payloads are told to nobody who did not bring them.</summary>
public sealed class SecretsTests
{
    [Fact]
    public async Task No_log_line_and_no_refusal_repeats_what_was_shown()
    {
        var log = new LogLines(LogLevel.Trace);
        await using GuardedGateway guarded = await GuardedGateway.StartAsync(
            adjust: access => access with { Limits = new TenantLimits(0, 4000) });
        guarded.Gateway.LogTo(log);
        string token = SignedToken.OfEc(guarded.Claims("alice"));
        string stranger = SignedToken.OfEc(guarded.Claims("alice"))[..^4] + "AAAA";
        var told = new List<string>();
        foreach (string secret in (string[])
            [GuardedGateway.Alice, GuardedGateway.AliceReads, "seqk_stranger", token, stranger])
        {
            foreach ((string path, string type) in ((string, string)[])
                [
                    ("/v1/entries", "text/plain"), ("/v1/entries", "application/json"),
                    ("/v1/entries:batch", "application/x-ndjson"), ("/v1/entries:batch", "text/plain"),
                    ("/sequence", "application/json"), ("/sequence", "text/plain"), ("/nowhere", "text/plain"),
                    ("/v1/entries/1", "text/plain"), ("/v1/entries?ack=payload-marker-q", "text/plain"),
                ])
            {
                foreach (string body in (string[])
                    [
                        "payload-marker", """{"payload":"payload-marker"}""", """{"data":"payload-marker"}""",
                        """{"data":payload-marker}""", """{"payload":["payload-marker"]}""",
                    ])
                {
                    using HttpResponseMessage response = await guarded.PostAsync(path, secret, body, type);
                    string text = await response.Content.ReadAsStringAsync();
                    if (!response.IsSuccessStatusCode) told.Add($"{response.Headers}{text}");
                }
            }
        }
        // Faults too: of the disk, and of the files that are read again.
        guarded.Gateway.Files!.FailNext(DiskStep.Write, "payload", Store.Fault.Failed);
        using HttpResponseMessage failed =
            await guarded.PostAsync("/v1/entries", GuardedGateway.Bob, "payload-marker");
        Assert.False(failed.IsSuccessStatusCode);
        told.Add(await failed.Content.ReadAsStringAsync());
        await File.WriteAllTextAsync(guarded.KeysPath, GuardedGateway.Alice);
        await File.WriteAllTextAsync(guarded.TokenKeysPath, token);
        guarded.Gateway.Services.GetRequiredService<AccessFiles>().Refresh();
        foreach (string path in (string[])["/metrics", "/readyz", "/heartbeat", "/livez", "/"])
        {
            using HttpResponseMessage response = await guarded.GetAsync(path, GuardedGateway.Bob);
            told.Add(await response.Content.ReadAsStringAsync());
        }
        await guarded.Gateway.StopServingAsync();

        Assert.NotEmpty(log.Lines);
        Assert.True(told.Count > 100);
        foreach (string line in log.Lines.Concat(told))
        {
            Assert.DoesNotContain("seqk_", line, StringComparison.Ordinal);
            Assert.DoesNotContain("payload-marker", line.Replace("payload-marker-q", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain(token.Split('.')[1], line, StringComparison.Ordinal);
            Assert.DoesNotContain(stranger.Split('.')[2], line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Help_and_settings_name_no_place_for_a_secret()
    {
        // Files only: what stands on a command line or in the environment is seen by others.
        foreach (Setting setting in (Setting[])[SettingTable.Keys, SettingTable.TlsKey, SettingTable.JwtKeys])
        {
            Assert.Equal("FILE", setting.Value);
        }
        Assert.DoesNotContain("seqk_", SettingTable.Help(), StringComparison.Ordinal);
    }
}
