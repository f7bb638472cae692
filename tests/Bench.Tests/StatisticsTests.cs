using Sequencer.Bench.Report;

namespace Sequencer.Bench.Tests;

public class StatisticsTests
{
    [Theory]
    [InlineData(0.0, 1)]
    [InlineData(0.5, 50)]
    [InlineData(0.501, 51)]
    [InlineData(0.99, 99)]
    [InlineData(0.999, 100)]
    [InlineData(1.0, 100)]
    public void A_percentile_is_the_value_of_the_nearest_rank(double part, long expected)
    {
        long[] hundred = [.. Enumerable.Range(1, 100)];

        Assert.Equal(expected, Percentile.OfSorted<long>(hundred, part));
    }

    [Fact]
    public void Every_percentile_of_one_value_is_that_value()
    {
        Assert.Equal(7, Percentile.OfSorted<long>([7], 0.0));
        Assert.Equal(7, Percentile.OfSorted<long>([7], 0.999));
    }

    [Fact]
    public void A_spread_does_not_depend_on_the_order_of_the_runs()
    {
        Assert.Equal(new Spread(2, 1, 9), Spread.Of([9, 1, 2]));
    }

    [Fact]
    public void The_median_of_an_even_number_of_runs_is_between_the_two_in_the_middle()
    {
        Assert.Equal(new Spread(3, 1, 9), Spread.Of([4, 1, 9, 2]));
    }

    [Theory]
    [InlineData(1_234_567.8, "1,234,568")]
    [InlineData(99.96, "100")]
    [InlineData(99.94, "99.9")]
    [InlineData(9.996, "10.0")]
    [InlineData(9.99, "9.99")]
    [InlineData(0.2, "0.20")]
    [InlineData(0, "0.00")]
    public void A_figure_has_three_digits_that_count(double value, string expected)
    {
        Assert.Equal(expected, FigureText.Of(value));
    }
}
