"""Months that close, and the journals that each closing hands over.

``payments_entry`` takes nothing into a month that is shut, whoever asks. Whoever enters something holds
the month's advisory lock (shared) to the end of the transaction; whoever closes it holds it alone: so an
entry is either seen by the closing, or sees the month closed.
"""

import carebudget.clock
import carebudget.ids
import django.db.models.deletion
import django_fsm
import payments.models.journal
from django.conf import settings
from django.db import migrations, models

from carebudget.guarantees import append_only, only_these_change

MONTH = """
    CREATE FUNCTION payments_month_shut(day date) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT 1 FROM payments_period
                       WHERE first_on = date_trunc('month', day)::date AND state IN ('closed', 'reopening'))
    $$;
    CREATE FUNCTION payments_first_open_day(day date) RETURNS date LANGUAGE plpgsql STABLE AS $$
    BEGIN
        WHILE payments_month_shut(day) LOOP
            day := (date_trunc('month', day) + interval '1 month')::date;
        END LOOP;
        RETURN day;
    END $$;
    CREATE FUNCTION payments_lock_month(day date, alone boolean) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        number int := extract(year FROM day) * 12 + extract(month FROM day);
    BEGIN
        IF alone THEN
            PERFORM pg_advisory_xact_lock(hashtext('payments_period'), number);
        ELSE
            PERFORM pg_advisory_xact_lock_shared(hashtext('payments_period'), number);
        END IF;
    END $$;
    CREATE FUNCTION payments_entry_in_open_month() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        of_month date;
    BEGIN
        FOR of_month IN
            SELECT DISTINCT date_trunc('month', effective_on)::date FROM entered ORDER BY 1
        LOOP
            PERFORM payments_lock_month(of_month, false);
            IF payments_month_shut(of_month) THEN
                RAISE EXCEPTION 'The month % is closed and takes no entries', to_char(of_month, 'YYYY-MM')
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'payments_entry_in_open_month';
            END IF;
        END LOOP;
        RETURN NULL;
    END $$;
    CREATE TRIGGER payments_entry_in_open_month AFTER INSERT ON payments_entry
        REFERENCING NEW TABLE AS entered
        FOR EACH STATEMENT EXECUTE FUNCTION payments_entry_in_open_month();
"""

MONTH_REVERSE = """
    DROP TRIGGER payments_entry_in_open_month ON payments_entry;
    DROP FUNCTION payments_entry_in_open_month();
    DROP FUNCTION payments_lock_month(date, boolean);
    DROP FUNCTION payments_first_open_day(date);
    DROP FUNCTION payments_month_shut(date);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0010_runs_kept_out_bulk'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('authority', 'Council money allocated to people'), ('budget', 'A person’s budget'), ('payable', 'Owed to a payee'), ('receivable', 'Owed to the council'), ('clearing', 'On its way through a rail'), ('bank', 'Money at a bank or payment service'), ('fees', 'Fees of banks and payment services'), ('suspense', 'Not explained yet'), ('accrual', 'Support given, not approved yet')], max_length=12),
        ),
        migrations.CreateModel(
            name='JournalProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=payments.models.journal.profile_reference, max_length=12, unique=True)),
                ('name', models.CharField(max_length=80, unique=True)),
                ('detail', models.CharField(choices=[('totals', 'One line for each cost centre and subjective code'), ('legs', 'One line for each side of every entry')], default='totals', max_length=8)),
                ('columns', models.JSONField()),
                ('cost_centres', models.JSONField(default=dict)),
                ('subjectives', models.JSONField(default=dict)),
                ('other_cost_centre', models.CharField(max_length=40)),
                ('other_subjective', models.CharField(max_length=40)),
                ('control_line', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField(default=carebudget.clock.now)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Period',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField(unique=True)),
                ('state', django_fsm.FSMField(choices=[('open', 'Open'), ('closing', 'Waiting for a second person to close it'), ('closed', 'Closed'), ('reopening', 'Waiting for a second person to reopen it'), ('reopened', 'Open again')], default='open', max_length=50, protected=True)),
                ('closings', models.PositiveSmallIntegerField(default=0)),
                ('checked_at', models.DateTimeField(blank=True, null=True)),
                ('asked_at', models.DateTimeField(blank=True, null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('closed_words', models.TextField(blank=True)),
                ('reopen_asked_at', models.DateTimeField(blank=True, null=True)),
                ('reopen_reason', models.TextField(blank=True)),
                ('reopened_at', models.DateTimeField(blank=True, null=True)),
                ('figures', models.JSONField(default=dict)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reopen_asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reopened_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-first_on'],
            },
            bases=(django_fsm.FSMModelMixin, models.Model),
        ),
        migrations.CreateModel(
            name='JournalBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(default=payments.models.journal.batch_reference, max_length=12, unique=True)),
                ('number', models.PositiveSmallIntegerField()),
                ('entry_count', models.PositiveIntegerField(default=0)),
                ('leg_count', models.PositiveIntegerField(default=0)),
                ('debits_pence', models.BigIntegerField(default=0)),
                ('credits_pence', models.BigIntegerField(default=0)),
                ('made_at', models.DateTimeField(default=carebudget.clock.now)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='payments.period')),
            ],
            options={
                'ordering': ['period', 'number'],
            },
        ),
        migrations.CreateModel(
            name='PeriodCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('key', models.CharField(max_length=20)),
                ('title', models.CharField(max_length=120)),
                ('holds', models.BooleanField()),
                ('figure', models.CharField(max_length=60)),
                ('words', models.TextField()),
                ('to_do', models.TextField(blank=True)),
                ('href', models.CharField(blank=True, max_length=200)),
                ('items', models.JSONField(default=list)),
                ('reason', models.TextField(blank=True)),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='payments.period')),
                ('reason_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['place'],
            },
        ),
        migrations.CreateModel(
            name='JournalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('team', models.CharField(blank=True, max_length=120)),
                ('programme', models.CharField(blank=True, max_length=60)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='payments.journalbatch')),
                ('leg', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='journal_line', to='payments.leg')),
            ],
            options={
                'ordering': ['leg_id'],
                'indexes': [models.Index(fields=['batch', 'team', 'programme'], name='journal_line_code_idx')],
            },
        ),
        migrations.CreateModel(
            name='JournalFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=carebudget.ids.uuid7, editable=False, unique=True)),
                ('name', models.CharField(max_length=80)),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(default=carebudget.clock.now)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='payments.journalbatch')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('profile', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='payments.journalprofile')),
            ],
            options={
                'ordering': ['made_at'],
                'constraints': [models.UniqueConstraint(fields=('batch', 'profile'), name='journal_file_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(('first_on__day', 1)), name='period_is_a_month'),
        ),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['closing', 'closed', 'reopening']), _negated=True), ('asked_by__isnull', False), _connector='OR'), name='period_asked_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['closed', 'reopening']), _negated=True), models.Q(('closed_by__isnull', False), models.Q(('closed_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='period_closed_by_two'),
        ),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'reopening'), _negated=True), models.Q(('reopen_asked_by__isnull', False), models.Q(('reopen_reason', ''), _negated=True)), _connector='OR'), name='period_reopening_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='period',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'reopened'), _negated=True), models.Q(('reopened_by__isnull', False), models.Q(('reopened_by', models.F('reopen_asked_by')), _negated=True)), _connector='OR'), name='period_reopened_by_two'),
        ),
        migrations.AddConstraint(
            model_name='journalbatch',
            constraint=models.UniqueConstraint(fields=('period', 'number'), name='journal_batch_once'),
        ),
        migrations.AddConstraint(
            model_name='journalbatch',
            constraint=models.CheckConstraint(condition=models.Q(('debits_pence', models.F('credits_pence'))), name='journal_batch_balances'),
        ),
        migrations.AddConstraint(
            model_name='periodcheck',
            constraint=models.UniqueConstraint(fields=('period', 'key'), name='period_check_once'),
        ),
        migrations.RunSQL(MONTH, MONTH_REVERSE),
        migrations.RunSQL(
            *only_these_change(
                "payments_period",
                [
                    "state", "closings", "checked_at", "asked_by_id", "asked_at", "closed_by_id", "closed_at",
                    "closed_words", "reopen_asked_by_id", "reopen_asked_at", "reopen_reason",
                    "reopened_by_id", "reopened_at", "figures",
                ],
                "A month stays the month it is",
            )
        ),
        migrations.RunSQL(*append_only("payments_journalbatch", "What went to the general ledger is kept")),
        migrations.RunSQL(*append_only("payments_journalline", "What went to the general ledger is kept")),
        migrations.RunSQL(*append_only("payments_journalfile", "What went to the general ledger is kept")),
    ]
