using System.Xml.Linq;

namespace Sequencer.Architecture.Tests;

/// <summary>References point one way, and what is trusted has no packages.</summary>
public class ReferenceTests
{
    // Folder -> folders that its projects may refer to. A folder that is missing here fails the test.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["attestation"] = ["attestation"],
        ["enclave"] = ["enclave", "attestation"],
        ["examples"] = ["attestation"],
        ["gateway"] = ["gateway", "attestation", "setup"],
        ["iac"] = ["iac", "attestation", "setup"],
        ["setup"] = [],
        ["tests"] = ["attestation", "enclave", "examples", "gateway", "iac", "setup", "tests"],
    };

    // The one command line of the project also builds images, and makes keys; it takes no other part of
    // an enclave or a gateway.
    private static readonly (string From, string To)[] CommandLine =
    [
        ("attestation/Cli/Cli.csproj", "enclave/Image/Image.csproj"),
        ("attestation/Cli/Cli.csproj", "gateway/Keys/Keys.csproj"),
    ];

    private static readonly string[] WithoutPackages =
    [
        "attestation/Attestation/Attestation.csproj",
        "attestation/Client/Client.csproj",
        "attestation/Web/Web.csproj",
        "enclave/Core/Core.csproj",
        "enclave/Emulator/Emulator.csproj",
        "enclave/Host/Host.csproj",
        "enclave/Image/Image.csproj",
        "enclave/Nitro/Nitro.csproj",
        "enclave/Simulated/Simulated.csproj",
    ];

    private static IEnumerable<string> Projects =>
        Checkout.Files.Where(path => path.EndsWith(".csproj", StringComparison.Ordinal));

    [Fact]
    public void References_point_one_way()
    {
        var wrong = new List<string>();
        foreach (string project in Projects)
        {
            string from = project.Split('/')[0];
            foreach (string target in References(project, "ProjectReference"))
            {
                string folder = Path.GetDirectoryName(Path.Combine(Checkout.Root, project))!;
                string path = Path.GetFullPath(Path.Combine(folder, target));
                string to = Path.GetRelativePath(Checkout.Root, path);
                if (CommandLine.Contains((project, to))) continue;
                if (!Allowed[from].Contains(to.Split('/')[0])) wrong.Add($"{project} -> {target}");
            }
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void What_is_trusted_has_no_packages()
    {
        foreach (string project in WithoutPackages)
        {
            Assert.Contains(project, Checkout.Files);
            Assert.Empty(References(project, "PackageReference"));
        }
    }

    [Fact]
    public void What_gateway_and_iac_share_has_neither_packages_nor_references()
    {
        foreach (string project in Projects.Where(
            path => path.StartsWith("setup/", StringComparison.Ordinal)))
        {
            Assert.Empty(References(project, "PackageReference"));
            Assert.Empty(References(project, "ProjectReference"));
        }
    }

    [Fact]
    public void Only_the_image_that_seals_has_packages()
    {
        // A condition of the build: without it the program is what it is without the project.
        Assert.Equal(["enclave/Nitro/Nitro.csproj"], OutsideTests("Sealing.csproj"));
        XElement reference = XDocument.Parse(Checkout.Read("enclave/Nitro/Nitro.csproj"))
            .Descendants("ProjectReference")
            .Single(project => project.Attribute("Include")!.Value.EndsWith(
                "Sealing.csproj", StringComparison.Ordinal));
        Assert.Equal(
            "'$(EnclaveSealing)' == 'true'", reference.Parent!.Attribute("Condition")!.Value);
    }

    [Fact]
    public void Only_tests_and_the_emulator_refer_to_the_simulated_enclave()
    {
        // The emulator's device signs with the same development root.
        Assert.Equal(["enclave/Emulator/Emulator.csproj"], OutsideTests("Simulated.csproj"));
    }

    [Fact]
    public void Only_tests_refer_to_the_emulator()
    {
        Assert.Empty(OutsideTests("Emulator.csproj"));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Checkout.Read("Sequencer.sln").Replace('\\', '/');
        Assert.All(Projects, project => Assert.Contains(project, solution, StringComparison.Ordinal));
    }

    private static string[] OutsideTests(string target) =>
    [
        .. Projects.Where(project => !project.StartsWith("tests/", StringComparison.Ordinal)
            && References(project, "ProjectReference")
                .Any(reference => reference.EndsWith("/" + target, StringComparison.Ordinal))),
    ];

    private static string[] References(string project, string kind) =>
    [
        .. XDocument.Parse(Checkout.Read(project)).Descendants(kind)
            .Select(reference => reference.Attribute("Include")!.Value.Replace('\\', '/')),
    ];
}
