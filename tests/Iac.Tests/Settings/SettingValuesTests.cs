using Sequencer.Architecture.Tests;
using Sequencer.Iac.Settings;

namespace Sequencer.Iac.Tests.Settings;

public sealed class SettingValuesTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        File.WriteAllText(
            _file, "[iac.aws]\nregion = \"a\"\nkey_name = \"a\"\ninstance_name = \"a\"\n");
        Dictionary<string, string> variables = new()
        {
            ["SEQUENCER_IAC_CONFIG_FILE"] = _file,
            ["SEQUENCER_IAC_REGION"] = "b",
            ["SEQUENCER_IAC_KEY_NAME"] = "b",
        };
        SettingValues settings = TestSettings.Gather(variables, "-k", "c");
        Assert.Equal("a", settings.Find(AwsSettings.InstanceName));
        Assert.Equal("b", settings.Find(AwsSettings.Region));
        Assert.Equal("c", settings.Find(AwsSettings.KeyName));
        Assert.Equal("c6a.xlarge", settings.Find(AwsSettings.InstanceType));
        Assert.Null(settings.Find(AwsSettings.Subnet));
        Assert.Equal($"{_file}, line 4: iac.aws.instance_name",
            settings.SourceOf(AwsSettings.InstanceName));
    }

    [Fact]
    public void An_empty_text_says_nothing_and_takes_the_default_away()
    {
        SettingValues settings = TestSettings.Gather(TestSettings.None, "--https-cidr", "");
        Assert.Null(settings.Find(AwsSettings.HttpsCidr));
    }

    [Theory]
    [InlineData("[iac.aws]\nregoin = \"a\"\n", "line 2: iac.aws.regoin is not a setting.")]
    [InlineData("[iac.aws]\nsecret_key = \"a\"\n", "line 2: iac.aws.secret_key is not a setting.")]
    [InlineData("[iac.aws]\nregion = [\"a\"]\n", "line 2: iac.aws.region is a string or an integer.")]
    [InlineData("[iac.aws]\nregion = a\n", "line 2: a string")]
    public void What_the_file_says_wrongly_is_named_with_its_line(string text, string expected)
    {
        File.WriteAllText(_file, text);
        CommandFailure failure = Assert.Throws<CommandFailure>(
            () => TestSettings.Gather(TestSettings.None, "--config-file", _file));
        Assert.Equal(FailureCodes.BadConfig, failure.Code);
        Assert.StartsWith($"{_file}, {expected}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_is_no_setting_is_refused()
    {
        CommandFailure failure = Assert.Throws<CommandFailure>(() => TestSettings.Gather(
            new Dictionary<string, string> { ["SEQUENCER_IAC_REGOIN"] = "a" }));
        Assert.Equal(FailureCodes.BadConfig, failure.Code);
        Assert.Contains("SEQUENCER_IAC_REGOIN", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_of_others_are_left_to_them()
    {
        File.WriteAllText(_file, "[gateway]\nregoin = 1\n[iac.aws]\nregion = \"a\"\n");
        Assert.Equal(
            "a",
            TestSettings.Gather(TestSettings.None, "--config-file", _file).Find(AwsSettings.Region));
    }

    [Fact]
    public void The_sample_can_be_read_and_names_every_setting_that_a_file_may_say()
    {
        string sample = Path.Combine(Checkout.Root, "setup", "sample.toml");
        SettingValues settings = TestSettings.Gather(TestSettings.None, "--config-file", sample);
        Assert.Equal("eu-central-1", RegionSetting.Require(settings));
        string text = File.ReadAllText(sample);
        foreach (Setting setting in SettingTable.All)
        {
            if (setting.TomlKey is null || setting == AwsSettings.EndpointUrl) continue;
            Assert.Matches($"(?m)^(# )?{setting.TomlKey.Split('.')[^1]} = ", text);
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("7")]
    [InlineData("16385")]
    [InlineData("-30")]
    [InlineData("3e1")]
    [InlineData(" 30")]
    public void A_number_out_of_bounds_is_refused(string text)
    {
        SettingValues settings = TestSettings.Gather(TestSettings.None, "--volume-gib", text);
        CommandFailure failure = Assert.Throws<CommandFailure>(
            () => settings.RequireNumber(AwsSettings.VolumeGib, 8, 16384));
        Assert.Equal(FailureCodes.BadConfig, failure.Code);
    }

    [Theory]
    [InlineData("eu-central-1", true)]
    [InlineData("us-gov-west-1", true)]
    [InlineData("ap-southeast-4", true)]
    [InlineData("eu-central", false)]
    [InlineData("EU-central-1", false)]
    [InlineData("eu-central-1.evil.example/", false)]
    [InlineData("eu-central-1\n", false)]
    public void A_region_has_the_form_of_one(string region, bool isGood)
    {
        SettingValues settings = TestSettings.Gather(TestSettings.None, "--region", region);
        if (isGood)
        {
            Assert.Equal(region, RegionSetting.Require(settings));
            return;
        }
        CommandFailure failure = Assert.Throws<CommandFailure>(() => RegionSetting.Require(settings));
        Assert.Equal(FailureCodes.NoSuchRegion, failure.Code);
    }
}
