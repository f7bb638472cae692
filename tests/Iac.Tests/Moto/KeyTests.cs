using System.Text.Json;
using System.Xml.Linq;
using Sequencer.Iac.Aws;

namespace Sequencer.Iac.Tests.Moto;

public sealed class KeyTests(MotoServer server) : CloudTests(server)
{
    private string PathOf(string name) => Path.Combine(Command.Folder, "secrets", name);

    [MotoFact]
    public async Task A_key_is_made_here_listed_and_deleted_on_both_sides()
    {
        CommandResult made = await RunAsync("key", "create", "-k", "k", "--json");
        Assert.Equal("secrets/k.pem", made.Json.GetProperty("file").GetString());
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("k.pem")));
        Assert.StartsWith(
            "-----BEGIN RSA PRIVATE KEY-----", File.ReadAllText(PathOf("k.pem")),
            StringComparison.Ordinal);
        XElement described = await AskEc2Async(
            "DescribeKeyPairs", ("KeyName.1", "k"), ("IncludePublicKey", "true"));
        Assert.Contains("Deployment", described.Value, StringComparison.Ordinal);
        CommandResult list = await RunAsync("key", "list", "--json");
        JsonElement key = Assert.Single(list.Json.EnumerateArray());
        Assert.Equal("k", key.GetProperty("name").GetString());
        Assert.Contains(
            "secrets/k.pem", (await RunAsync("key", "list")).Output, StringComparison.Ordinal);
        await RunAsync("key", "delete", "-k", "k", "--yes");
        Assert.False(File.Exists(PathOf("k.pem")));
        Assert.Empty((await RunAsync("key", "list", "--json")).Json.EnumerateArray());
    }

    [MotoFact]
    public async Task A_key_that_could_not_be_written_whole_leaves_nothing_anywhere()
    {
        // One block of a file and no more, which is half a key; told as an error, not as a signal.
        // The runtime's own files, which hold code that is both written and run, would be too long.
        Command.Before = "trap '' XFSZ; ulimit -f 1";
        Command.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        CommandResult result = await Command.RunAsync("key", "create", "-k", "k");
        result.IsUnusable();
        result.Says(FailureCodes.FileError);
        Assert.Empty(Directory.EnumerateFileSystemEntries(PathOf("")));
        Assert.Empty((await AskEc2Async("DescribeKeyPairs")).Items("keySet"));
    }

    [MotoFact]
    public async Task A_key_is_its_owners_alone_before_there_is_anything_in_it()
    {
        // The first byte that is written ends the command, so that what is left is the file as it was
        // made.
        Command.Before = "umask 0; ulimit -c 0; ulimit -f 0";
        Command.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        CommandResult result = await Command.RunAsync("key", "create", "-k", "k");
        Assert.Equal(128 + 25, result.ExitCode); // SIGXFSZ
        Assert.Equal(0, new FileInfo(PathOf("k.pem")).Length);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(PathOf("k.pem")));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(PathOf("")));
    }

    [MotoFact]
    public async Task A_file_that_is_there_is_not_replaced_and_EC2_is_given_nothing()
    {
        Directory.CreateDirectory(PathOf(""));
        File.WriteAllText(PathOf("k.pem"), "mine");
        CommandResult result = await Command.RunAsync("key", "create", "-k", "k");
        result.IsRefused();
        result.Says(FailureCodes.KeyFileExists);
        Assert.Equal("mine", File.ReadAllText(PathOf("k.pem")));
        Assert.Empty((await AskEc2Async("DescribeKeyPairs")).Items("keySet"));
    }

    [MotoFact]
    public async Task A_key_that_EC2_has_is_not_replaced_and_no_file_is_left()
    {
        await AskEc2Async("CreateKeyPair", ("KeyName", "k"));
        CommandResult result = await Command.RunAsync("key", "create", "-k", "k", "--json");
        result.IsRefused();
        result.Says(FailureCodes.DuplicateKey);
        Assert.Equal(FailureCodes.DuplicateKey, result.Json.GetProperty("code").GetString());
        Assert.False(File.Exists(PathOf("k.pem")));
    }

    [MotoFact]
    public async Task A_dry_run_makes_and_deletes_nothing()
    {
        CommandResult result = await RunAsync("key", "create", "-k", "k", "--dry-run", "--json");
        Assert.True(result.Json.GetProperty("dry_run").GetBoolean());
        Assert.False(Path.Exists(PathOf("")));
        await RunAsync("key", "create", "-k", "k");
        await RunAsync("key", "delete", "-k", "k", "--dry-run");
        Assert.True(File.Exists(PathOf("k.pem")));
        Assert.Single((await AskEc2Async("DescribeKeyPairs")).Items("keySet"));
    }

    [MotoFact]
    public async Task A_key_that_is_not_there_or_is_anothers_is_not_deleted()
    {
        CommandResult result = await Command.RunAsync("key", "delete", "-k", "k", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.NoSuchKey);
        await AskEc2Async("CreateKeyPair", ("KeyName", "k"));
        result = await Command.RunAsync("key", "delete", "-k", "k", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.NoSuchKey);
        await AskEc2Async(
            "CreateKeyPair", ("KeyName", "s"), ("TagSpecification.1.ResourceType", "key-pair"),
            ("TagSpecification.1.Tag.1.Key", "Deployment"),
            ("TagSpecification.1.Tag.1.Value", "Sequencer"),
            ("TagSpecification.1.Tag.2.Key", "ManagedBy"),
            ("TagSpecification.1.Tag.2.Value", "sequencer-stack"));
        result = await Command.RunAsync("key", "delete", "-k", "s", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.OwnedByStack);
        Assert.Equal(2, (await AskEc2Async("DescribeKeyPairs")).Items("keySet").Count());
    }

    [MotoFact]
    public async Task A_key_whose_file_is_elsewhere_is_deleted_only_where_that_is_said()
    {
        await RunAsync("key", "create", "-k", "k");
        File.Delete(PathOf("k.pem"));
        CommandResult result = await Command.RunAsync("key", "delete", "-k", "k", "--yes");
        result.IsRefused();
        result.Says(FailureCodes.NoSuchKeyFile);
        await RunAsync("key", "delete", "-k", "k", "--yes", "--keep-file");
        Assert.Empty((await AskEc2Async("DescribeKeyPairs")).Items("keySet"));
    }

    [MotoFact]
    public async Task Nothing_is_deleted_that_nobody_said_yes_to()
    {
        await RunAsync("key", "create", "-k", "k");
        CommandResult result = await Command.RunAsync("key", "delete", "-k", "k");
        result.IsUnusable();
        result.Says(FailureCodes.NotConfirmed);
        Assert.True(File.Exists(PathOf("k.pem")));
    }
}
