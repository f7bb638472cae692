namespace Sequencer.Witness.State;

/// <summary>Small files that are replaced as a whole.</summary>
internal interface IStateFiles
{
    /// <summary>The file's bytes; null if it was never written.</summary>
    /// <exception cref="IOException">It is there and cannot be read, or is too long.</exception>
    byte[]? Read(string name);

    /// <summary>
    /// Puts a file in the place of the one before. On return it is durable; a crash on the way
    /// leaves the old file or the new one, whole.
    /// </summary>
    /// <exception cref="IOException">It is unknown which of the two is there.</exception>
    void Replace(string name, ReadOnlySpan<byte> bytes);
}
