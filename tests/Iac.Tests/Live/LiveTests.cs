namespace Sequencer.Iac.Tests.Live;

/// <summary>A test that costs money: <c>make test-live</c> runs it, and nothing else does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LiveFactAttribute : FactAttribute
{
    public LiveFactAttribute() => Skip =
        Environment.GetEnvironmentVariable("SEQUENCER_LIVE") == "1"
            ? null : "costs money: make test-live";
}

/// <summary>The same in a real account, whose credentials and region the environment names.</summary>
public sealed class LiveTests : IDisposable
{
    private readonly CommandRun _run = IacRun.New();

    // Beside whatever else is in the account.
    private readonly string _name = $"sequencer-test-{Guid.NewGuid().ToString("N")[..8]}";

    public void Dispose() => _run.Dispose();

    [LiveFact]
    public async Task A_key_and_an_instance_are_made_and_removed()
    {
        TakeAccount();
        (await _run.RunAsync("key", "create", "-k", _name)).IsGood();
        try
        {
            (await _run.RunAsync("doctor", "-k", _name)).IsGood();
            string[] instance =
                ["-i", _name, "-k", _name, "-s", _name, "--ssh-cidr", "192.0.2.1/32", "--https-cidr", ""];
            (await _run.RunAsync(["instance", "create", .. instance, "--dry-run"])).IsGood();
            try
            {
                CommandResult made = await _run.RunAsync(["instance", "create", .. instance, "--json"]);
                made.IsGood();
                // EC2 tells this, and moto does not.
                Assert.True(made.Json.GetProperty("enclaves").GetBoolean());
                CommandResult again = await _run.RunAsync(["instance", "create", .. instance]);
                again.IsRefused();
                again.Says(FailureCodes.DuplicateInstance);
            }
            finally
            {
                (await _run.RunAsync("instance", "terminate", "-i", _name, "--yes")).IsGood();
            }
        }
        finally
        {
            (await _run.RunAsync("key", "delete", "-k", _name, "--yes")).IsGood();
        }
    }

    private void TakeAccount()
    {
        foreach (string name in Environment.GetEnvironmentVariables().Keys)
        {
            if (name == "HOME" || IacRun.IsOfAws(name))
            {
                _run.Environment[name] = Environment.GetEnvironmentVariable(name)!;
            }
        }
    }
}
