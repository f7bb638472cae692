using System.Xml;
using System.Xml.Linq;

namespace Sequencer.Iac.Aws;

/// <summary>
/// XML of AWS's answers, by local names: services and versions differ in their namespaces alone.
/// </summary>
internal static class XmlAnswer
{
    private const long CharactersMax = 16 * 1024 * 1024;

    /// <summary>Reads a document; null if it is none.</summary>
    public static XElement? Read(byte[] bytes)
    {
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(bytes), new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                XmlResolver = null,
                MaxCharactersInDocument = CharactersMax,
            });
            return XDocument.Load(reader).Root;
        }
        catch (XmlException)
        {
            return null;
        }
    }

    /// <summary>A child; null if it is not there.</summary>
    public static XElement? Child(this XElement element, string name) =>
        element.Elements().FirstOrDefault(e => e.Name.LocalName == name);

    /// <summary>The elements <c>item</c> of a child that is a list.</summary>
    public static IEnumerable<XElement> Items(this XElement element, string name) =>
        element.Child(name)?.Elements().Where(e => e.Name.LocalName == "item") ?? [];

    /// <summary>The text of a child; null if it is not there or empty.</summary>
    public static string? Text(this XElement element, string name) =>
        element.Child(name)?.Value is { Length: > 0 } text ? text : null;

    /// <summary>The text of a child that AWS promises.</summary>
    public static string Require(this XElement element, string name) =>
        element.Text(name) ?? throw new AwsFault(
            element.Name.LocalName, 200, "", $"the answer has no {name}");
}
