using System.Text;
using Sequencer.Web;

namespace Sequencer.Cli.Tests.Commands;

public sealed class VerifierTests : IDisposable
{
    private readonly CommandRun _command = new();

    public void Dispose() => _command.Dispose();

    [Fact]
    public async Task The_page_is_written_once_and_replaced_only_by_force()
    {
        byte[] page = SelfContainedPage.Verifier.Html.ToArray();
        CommandResult printed = await _command.RunAsync("verifier");
        Assert.Equal(Encoding.UTF8.GetString(page), printed.Output);
        Assert.Equal(0, (await _command.RunAsync("verifier", "-o", "page.html")).ExitCode);
        Assert.Equal(page, _command.Read("page.html"));
        _command.Write("page.html", []);
        CommandResult again = await _command.RunAsync("verifier", "-o", "page.html");
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("--force", again.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await _command.RunAsync("verifier", "-o", "page.html", "--force")).ExitCode);
        Assert.Equal(page, _command.Read("page.html"));
    }
}
