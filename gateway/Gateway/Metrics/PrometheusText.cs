using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Sequencer.Gateway.Metrics;

/// <summary>
/// Collects the instruments of one meter and writes them in Prometheus' text format 0.0.4, under
/// the names that they have (counters with <c>_total</c>). Up to three labels each.
/// </summary>
/// <remarks>Recording allocates nothing once a combination of labels was seen.</remarks>
public sealed class PrometheusText : IDisposable
{
    private readonly ConcurrentDictionary<string, Family> _families = new();
    private readonly MeterListener _listener = new();

    internal PrometheusText(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter, meter)) return;
            Family family = _families.GetOrAdd(instrument.Name, _ => new Family(instrument));
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<long>(
            static (_, value, tags, family) => ((Family)family!).Find(tags).Record(value));
        _listener.SetMeasurementEventCallback<int>(
            static (_, value, tags, family) => ((Family)family!).Find(tags).Record(value));
        _listener.SetMeasurementEventCallback<double>(
            static (_, value, tags, family) => ((Family)family!).Find(tags).Record(value));
        _listener.Start();
    }

    /// <summary>Media type of <see cref="Write"/>.</summary>
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>All series as they stand.</summary>
    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (Family family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
        {
            family.WriteTo(text);
        }
        return text.ToString();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    /// <summary>The series of one instrument, one for each combination of labels.</summary>
    private sealed class Family
    {
        // Labels are from closed sets, all in all far fewer. What comes above is counted in one.
        private const int SeriesMax = 1000;

        private readonly ConcurrentDictionary<Labels, Series> _series = new();
        private readonly Series _overflow;
        private readonly Instrument _instrument;
        private readonly double[] _bounds;

        public Family(Instrument instrument)
        {
            _instrument = instrument;
            Kind = instrument switch
            {
                Histogram<double> => "histogram",
                Counter<long> or ObservableCounter<long> or ObservableCounter<double> => "counter",
                _ => "gauge",
            };
            // The format asks for this ending, the instrument's own name does not have it.
            Name = Kind == "counter" ? instrument.Name + "_total" : instrument.Name;
            _bounds = instrument is Histogram<double> histogram
                ? [.. histogram.Advice?.HistogramBucketBoundaries ?? []]
                : [];
            _overflow = new Series(_bounds, instrument.IsObservable);
        }

        public string Name { get; }

        private string Kind { get; }

        public Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = Labels.Of(tags);
            if (_series.TryGetValue(labels, out Series? series)) return series;
            return _series.Count < SeriesMax
                ? _series.GetOrAdd(labels, _ => new Series(_bounds, _instrument.IsObservable))
                : _overflow;
        }

        public void WriteTo(StringBuilder text)
        {
            if (_series.IsEmpty) return;
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_instrument.Description}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {Name} {Kind}\n");
            foreach ((Labels labels, Series series) in
                _series.OrderBy(s => s.Key.ToString(), StringComparer.Ordinal))
            {
                series.WriteTo(text, Name, labels.ToString());
            }
            if (_series.Count >= SeriesMax) _overflow.WriteTo(text, Name, "overflow=\"true\"");
        }
    }

    private readonly record struct Label(string Name, string Value)
    {
        public static Label Of(KeyValuePair<string, object?> tag) =>
            new(tag.Key, tag.Value as string ?? tag.Value?.ToString() ?? "");

        public override string ToString() => Name is null ? "" : $"{Name}=\"{Escaped}\"";

        private string Escaped => Value
            .Replace("\\", "\\\\", StringComparison.Ordinal)
            .Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("\n", "\\n", StringComparison.Ordinal);
    }

    private readonly record struct Labels(Label First, Label Second, Label Third)
    {
        public static Labels Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(
            tags.Length > 0 ? Label.Of(tags[0]) : default,
            tags.Length > 1 ? Label.Of(tags[1]) : default,
            tags.Length > 2 ? Label.Of(tags[2]) : default);

        public override string ToString() => string.Join(
            ',', new[] { $"{First}", $"{Second}", $"{Third}" }.Where(label => label.Length > 0));
    }

    /// <summary>One number, or one histogram.</summary>
    private sealed class Series(double[] bounds, bool isObserved)
    {
        private readonly long[] _buckets = new long[bounds.Length + 1];
        private double _value;

        // Of a histogram its sum, of what is observed its last value, and otherwise the sum of all.
        public void Record(double value)
        {
            if (isObserved)
            {
                Volatile.Write(ref _value, value);
                return;
            }
            double old;
            do old = Volatile.Read(ref _value);
            while (Interlocked.CompareExchange(ref _value, old + value, old) != old);
            if (bounds.Length == 0) return;
            int bucket = 0;
            while (bucket < bounds.Length && value > bounds[bucket]) bucket++;
            Interlocked.Increment(ref _buckets[bucket]);
        }

        public void WriteTo(StringBuilder text, string name, string labels)
        {
            CultureInfo invariant = CultureInfo.InvariantCulture;
            string all = labels.Length > 0 ? $"{{{labels}}}" : "";
            double value = Volatile.Read(ref _value);
            if (bounds.Length == 0)
            {
                text.Append(invariant, $"{name}{all} {value}\n");
                return;
            }
            string more = labels.Length > 0 ? labels + "," : "";
            long below = 0;
            for (int i = 0; i <= bounds.Length; i++)
            {
                below += Volatile.Read(ref _buckets[i]);
                string bound = i < bounds.Length ? bounds[i].ToString(invariant) : "+Inf";
                text.Append(invariant, $"{name}_bucket{{{more}le=\"{bound}\"}} {below}\n");
            }
            text.Append(invariant, $"{name}_sum{all} {value}\n");
            text.Append(invariant, $"{name}_count{all} {below}\n");
        }
    }
}
