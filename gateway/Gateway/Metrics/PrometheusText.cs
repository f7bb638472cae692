using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Sequencer.Gateway.Metrics;

/// <summary>
/// Collects the instruments of one meter and writes them in Prometheus' text format 0.0.4. Knows what
/// this gateway uses: long counters, up-down counters and gauges, double histograms, no labels.
/// </summary>
public sealed class PrometheusText : IDisposable
{
    private static readonly double[] SecondsBounds =
        [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    private static readonly double[] CountBounds =
        [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192];

    private readonly ConcurrentDictionary<string, Series> _series = new();
    private readonly MeterListener _listener = new();

    internal PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            var series = new Series(instrument);
            _series[instrument.Name] = series;
            listener.EnableMeasurementEvents(instrument, series);
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, _, state) => ((Series)state!).Record(value));
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, _, state) => ((Series)state!).Record(value));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, _, state) => ((Series)state!).Observe(value));
        _listener.Start();
    }

    /// <summary>Media type of <see cref="Write"/>.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>All series as they stand.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (Series series in _series.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            series.WriteTo(text);
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private sealed class Series(Instrument instrument)
    {
        private readonly double[] _bounds =
            instrument.Name.EndsWith("_seconds", StringComparison.Ordinal) ? SecondsBounds : CountBounds;
        private readonly bool _isGauge = instrument.IsObservable;
        private readonly long[] _buckets = new long[16];
        private long _value;
        private double _sum;

        public string Name => instrument.Name;

        public void Record(long value)
        {
            if (_isGauge) Volatile.Write(ref _value, value);
            else Interlocked.Add(ref _value, value);
        }

        public void Observe(double value)
        {
            int bucket = 0;
            while (bucket < _bounds.Length && value > _bounds[bucket]) bucket++;
            Interlocked.Increment(ref _buckets[bucket]);
            Interlocked.Increment(ref _value);
            double sum;
            do sum = Volatile.Read(ref _sum);
            while (Interlocked.CompareExchange(ref _sum, sum + value, sum) != sum);
        }

        public void WriteTo(StringBuilder text)
        {
            string kind = instrument switch
            {
                Counter<long> => "counter",
                Histogram<double> => "histogram",
                _ => "gauge",
            };
            // The format asks for this ending, the instrument's own name does not have it.
            string name = kind == "counter" ? Name + "_total" : Name;
            CultureInfo invariant = CultureInfo.InvariantCulture;
            text.Append(invariant, $"# HELP {name} {instrument.Description}\n");
            text.Append(invariant, $"# TYPE {name} {kind}\n");
            if (kind != "histogram")
            {
                text.Append(invariant, $"{name} {Volatile.Read(ref _value)}\n");
                return;
            }
            long below = 0;
            for (int i = 0; i < _bounds.Length; i++)
            {
                below += Volatile.Read(ref _buckets[i]);
                text.Append(invariant, $"{name}_bucket{{le=\"{_bounds[i]}\"}} {below}\n");
            }
            below += Volatile.Read(ref _buckets[_bounds.Length]);
            text.Append(invariant, $"{name}_bucket{{le=\"+Inf\"}} {below}\n");
            text.Append(invariant, $"{name}_sum {Volatile.Read(ref _sum)}\n");
            text.Append(invariant, $"{name}_count {below}\n");
        }
    }
}
