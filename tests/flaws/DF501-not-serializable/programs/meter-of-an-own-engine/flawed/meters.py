"""The meters' readings, in whatever database the operator's URL names."""

from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    pass


class Meter(Base):
    __tablename__ = "meters"

    station: Mapped[str] = mapped_column(primary_key=True)
    watt_hours: Mapped[int]


class Meters:
    def __init__(self, url):
        self.engine = create_engine(url)
        Base.metadata.create_all(self.engine)

    def install(self, station):
        with Session(self.engine) as session, session.begin():
            session.add(Meter(station=station, watt_hours=0))

    def reading(self, station):
        with Session(self.engine) as session:
            return session.get_one(Meter, station).watt_hours

    def record(self, station, watt_hours):
        with Session(self.engine) as session, session.begin():
            meter = session.get_one(Meter, station)
            meter.watt_hours = meter.watt_hours + watt_hours
