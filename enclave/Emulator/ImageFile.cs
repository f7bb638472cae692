using Sequencer.Enclave.Image.Eif;

namespace Sequencer.Enclave.Emulator;

/// <summary>An enclave image on the disk.</summary>
internal static class ImageFile
{
    /// <summary>Reads an image.</summary>
    /// <exception cref="EmulatorException">There is none.</exception>
    public static EifImage Read(string path)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path).Length > EifFormat.FileBytesMax)
            {
                throw new EmulatorException($"{path} is too long for an enclave image");
            }
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmulatorException($"the image cannot be read: {e.Message}", e);
        }
        return EifImage.TryParse(bytes, out EifImage? image, out EifRefusal? refusal)
            ? image
            : throw new EmulatorException($"{path} is no enclave image: {refusal}");
    }

    /// <summary>
    /// Writes kernel and ramdisks for a machine that does not take images. The kernel unpacks
    /// ramdisks that follow each other as one.
    /// </summary>
    public static void TakeApart(EifImage image, SocketDirectory directory)
    {
        File.WriteAllBytes(directory.Kernel, image.Kernel.Span);
        using FileStream ramdisk = File.Create(directory.Ramdisk);
        foreach (ReadOnlyMemory<byte> part in image.Ramdisks) ramdisk.Write(part.Span);
    }
}
