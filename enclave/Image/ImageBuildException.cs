namespace Sequencer.Enclave.Image;

/// <summary>
/// What keeps an image from being built, in one sentence for people: a file that is not there, a
/// program that fails, an entry that no ramdisk can hold.
/// </summary>
public sealed class ImageBuildException(string message) : Exception(message);
