using Sequencer.Bench.Report;

namespace Sequencer.Bench.Tests;

public class TextTableTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_longest_cell_and_figures_stand_at_the_right()
    {
        var table = new TextTable("system", ">entries/s", "is");
        table.Add("a", "1,234,567,890", "ordered");
        table.Add("a long name", "7", "");

        Assert.Equal(
            [
                "system           entries/s  is",
                "a            1,234,567,890  ordered",
                "a long name              7",
            ],
            table.Lines());
    }

    [Fact]
    public void A_row_with_too_few_cells_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new TextTable("a", "b").Add("1"));
    }
}
