namespace Sequencer.Attestation.Tests.Nitro;

/// <summary>One line of the vectors' index.</summary>
internal sealed class VectorRow(string[] cells)
{
    public static IEnumerable<VectorRow> All =>
        Vectors.ReadLines("attestation/INDEX.tsv")
            .Skip(1)
            .Select(l => new VectorRow(l.Split('\t')));

    public string File => cells[0];
    public bool IsProduction => File.StartsWith("prod-", StringComparison.Ordinal);
    public bool IsDebug => File.StartsWith("debug-", StringComparison.Ordinal);
    public string Time => cells[4];
    public string ModuleId => cells[5];
    public int PcrCount => Number(cells[7]);
    public IEnumerable<int> NonZeroPcrs => cells[8].Split(',').Select(Number);
    public string PublicKey => cells[9];
    public string UserData => cells[10];
    public string Nonce => cells[11];
    public string LeafNotBefore => cells[12];
    public string LeafNotAfter => cells[13];

    public byte[] Read() => Vectors.Read($"attestation/{File}");

    private static int Number(string text) =>
        int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
