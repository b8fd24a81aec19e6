"""The CPR register (Det Centrale Personregister) through Serviceplatformen: SF1520 and SF6002; see the README."""
