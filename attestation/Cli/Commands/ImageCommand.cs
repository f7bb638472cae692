using System.CommandLine;

namespace Sequencer.Cli.Commands;

/// <summary><c>sequencer image</c>: enclave images, built and taken apart.</summary>
internal static class ImageCommand
{
    public static Command Create() => new(
        "image",
        "Build an enclave image with its measurements and bill of materials, or show what an image "
        + "file holds and how it measures.")
    {
        ImageBuildCommand.Create(),
        ImageDescribeCommand.Create(),
    };
}
